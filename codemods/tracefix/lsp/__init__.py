"""The language server: the same Plan that the command line shows and writes, in an editor.

It decides nothing for itself: findings, fixes and verdicts are those of `tracefix.repair`.
"""
