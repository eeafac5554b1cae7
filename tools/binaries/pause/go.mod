// The process that holds a pod's namespaces, in the boot tests' pause image.
module tripod/binaries/pause

go 1.26.0
