"""Programs that use the service as yours would: through its doors, with nothing of its code."""
