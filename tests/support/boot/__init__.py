"""A virtual machine that boots rendered user data, in the private network of the control-plane tests.

`Machine` is the power, the disks and the console of an instance; `MetadataService`, `Account` and `dhcp_server` are the
AWS that it sees; `node` renders what `pulumi up` would have made for a member of etcd; `scene` puts all of it together.
"""
