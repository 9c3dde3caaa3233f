"""The experiments: each module has TITLE, NEEDS, DEPENDS_ON, measure(study) and evaluate(study)."""
