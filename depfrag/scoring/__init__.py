"""Models that turn what is known of a release into a score; `depfrag.registry.MODELS` names them."""
