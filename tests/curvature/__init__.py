"""A package, so that these files may share names with the tests of other rooms."""
