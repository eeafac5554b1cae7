"""Run the `tripod` command as a module: ``python -m tripod.cli``."""

from tripod.cli.main import main

if __name__ == "__main__":
    main()
