"""Gates on actions: whether a transition can be learned from the way that a policy acted."""
