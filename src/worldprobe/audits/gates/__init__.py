"""Gates: measured numbers compared with thresholds, one file for each question."""
