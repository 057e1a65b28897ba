"""Campaigns: runs that are disturbed at random, for as long as one likes, and then looked at."""
