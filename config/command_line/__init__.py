"""What the console script `obhut` (config/cli.py) does: starting and stopping, seeds, doctor, and how it speaks."""
