"""The commands that need both the record and the models' files; mounted by dotted name."""
