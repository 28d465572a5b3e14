"""Runnable benchmarks, each beside a yardstick of the same run. `make bench` runs them all.

Machines are noisy: ratios and medians count, absolute times are for orientation. All traffic stays on loopback,
and every loop is bounded.
"""
