"""Rules that find what a project should act on, one file each; `depfrag.registry.RULES` names them."""
