"""An RTSP server: a launch line of GStreamer at /cam, with a password or none.

    rtsp_server.py LAUNCH [basic|digest] [PORT] [record]

With "record" it takes a stream, into the launch line. Prints its port. The user is "user", the password "p@ss'word".
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

USER, PASSWORD = "user", "p@ss'word"


def protect(server, factory, method):
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = GstRtspServer.RTSPAuth()
    if method == "basic":
        basic = GstRtspServer.RTSPAuth.make_basic(USER, PASSWORD)
        auth.add_basic(basic, token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(USER, PASSWORD, token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    for what in ("access", "construct"):
        permissions.add_permission_for_role(
            "viewer", f"media.factory.{what}", True
        )
    factory.set_permissions(permissions)


def main(launch, method="none", port="0", mode="play"):
    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {launch} )")
    factory.set_shared(True)
    if mode == "record":
        factory.set_transport_mode(GstRtspServer.RTSPTransportMode.RECORD)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    if method != "none":
        protect(server, factory, method)
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    print(f"port {server.get_bound_port()}", flush=True)
    GLib.MainLoop().run()


main(*sys.argv[1:])
