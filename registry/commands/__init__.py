"""What the commands of the command line do; `registry/calls.py` says how they are called."""
