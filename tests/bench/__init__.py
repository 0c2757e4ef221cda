"""Benchmarks: `make bench`, `make bench ONLY=NAME`, `python -m tests.bench NAME…`.

One module a benchmark; each says what it measures, over what, and against what. The machine may be
noisy: a benchmark has several rounds, measures its baseline between them, and tells medians.
Nothing here is a test, and no test asserts a time. Exit codes: 0 measured, whether or not a target
is met; 1 something could not be measured; 2 no such benchmark.

Not there yet: `rebuild` (the projector rebuilds on the path on which it follows), `backtest`.
"""
