"""Readers of lockfiles, one file a format; `depfrag.registry.LOCKFILES` names them."""
