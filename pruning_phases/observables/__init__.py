"""What a network is measured for."""
