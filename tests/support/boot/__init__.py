"""Virtual machines that boot rendered user data, in the private network of the control-plane tests.

`Machine` is the power, the disks and the console of an instance; `ground` is the AWS that it sees; `node` renders what
`pulumi up` would have made for it, `releases` and `images` what it would have fetched from the Internet. `scene` puts
together what a member of etcd needs, `control_plane_scene` what a control-plane node needs.
"""
