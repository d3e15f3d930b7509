"""Downloads: over HTTP, out of package registries, unpacked with no way out of their folder, cached for ever."""
