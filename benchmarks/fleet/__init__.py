"""What a fleet costs and brings."""
