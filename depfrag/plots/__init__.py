"""Figures; `depfrag.registry.PLOTS` names them."""
