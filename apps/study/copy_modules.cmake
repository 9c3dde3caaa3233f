# Copies the Python modules of FROM to TO, without what Python leaves beside them; a module that is gone is gone there.
file(REMOVE_RECURSE ${TO})
file(
  COPY ${FROM}/
  DESTINATION ${TO}
  FILES_MATCHING
  PATTERN "*.py"
  PATTERN "__pycache__" EXCLUDE)
