"""Sources of facts, one file a service or place; `depfrag.registry.SOURCES` names them."""
