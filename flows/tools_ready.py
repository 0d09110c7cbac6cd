"""Imported once by the server that worker processes are forked from: what reading needs is then there from the start.

A worker shares it with all others and starts in milliseconds, also when it replaces one that was lost or has read its
share.
"""

from __future__ import annotations

import gc

import pyarrow.parquet  # noqa: F401

from flows.process import shipped_tools

shipped_tools()
gc.collect()
gc.freeze()  # a collection in a worker must not touch, and so copy, what it shares
