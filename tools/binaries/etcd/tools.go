//go:build tools

// Package binaries keeps the programs in the list of what is built, so that `go mod tidy` keeps what they need.
package binaries

import (
	_ "go.etcd.io/etcd/etcdctl/v3"
	_ "go.etcd.io/etcd/etcdutl/v3"
	_ "go.etcd.io/etcd/server/v3"
)
