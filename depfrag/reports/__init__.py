"""Reports: text made of an analysis or of parsed lockfiles, one file each; `depfrag.registry` names them."""
