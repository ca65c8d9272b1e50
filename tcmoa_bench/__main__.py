"""`python -m tcmoa_bench`: the command line."""

from tcmoa_bench.cli import main

if __name__ == "__main__":
    main()
