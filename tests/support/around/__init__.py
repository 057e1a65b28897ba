"""What is around a program that runs: a screen, a clock, a proxy."""
