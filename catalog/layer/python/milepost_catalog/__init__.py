"""The compiled catalog, as `milepost build` wrote it: change catalog.yaml and build again."""
