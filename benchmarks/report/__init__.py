"""The page: every figure in it comes out of build/bench/*.json."""
