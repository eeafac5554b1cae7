"""A real control plane on one machine: instances with addresses of their own, and what runs on them.

`namespace.private_network` moves the test process into a network of its own, `Instance` is a fake EC2 instance
there, and `Member`, `ApiServer`, `ControllerManager` and `Scheduler` are processes on instances. Their
configuration is in `configuration` alone.
"""
