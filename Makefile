# `make test` runs the tests of the workspace.
.PHONY: test
test:
	.ci/run
