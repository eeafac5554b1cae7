"""Virtual machines that boot rendered user data, in the private network of the control-plane tests.

`Machine` is the power, the disks and the console of an instance; `environment` is the AWS that it reaches; `node`
renders what `pulumi up` would have made for it, `releases` and `images` what it would have fetched from the Internet.
`etcd_cluster` boots a member of etcd, `control_plane` a control-plane node.
"""
