"""Where the work of a study is done: in processes of this machine, or on the machines of a Ray cluster."""
