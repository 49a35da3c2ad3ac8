# Style, layers, static analysis: tools/lint.py has the table of checks.

lint_all() {
	build_docs build/docs &&
		build/venv/bin/python tools/lint.py --junit build/results/lint.xml --docs build/docs
}

fmt_all() {
	git ls-files -z '*.c' '*.h' | xargs -0 -r build/venv/bin/clang-format -i
	git ls-files -z '*.go' | xargs -0 -r /usr/lib/go-1.24/bin/gofmt -w
	build/venv/bin/ruff format -q
	build/venv/bin/ruff check -q --fix
}
