"""JSON over HTTP for article sites, under `/v1`, and for operators."""
