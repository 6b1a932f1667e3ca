"""From labelled comments to a release: what is learnt from, and how it is put together."""
