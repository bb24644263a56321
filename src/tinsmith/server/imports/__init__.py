"""Data sets that come and go as a whole: imports with annotations, exports."""
