// Holds a pod's namespaces open until the runtime ends it.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	// The kernel then reaps what is orphaned to this process, the first one of the pod's.
	signal.Ignore(syscall.SIGCHLD)
	<-ended
}
