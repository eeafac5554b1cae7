//go:build tools

// Package binaries keeps the program in the list of what is built, so that `go mod tidy` keeps what it needs.
package binaries

import _ "sigs.k8s.io/external-dns"
