"""What the commands of the command line do; `registry/cli.py` says how they are called."""
