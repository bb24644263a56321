"""How fast the server is: uploads against a bare endpoint, long lists, long recordings, logs."""
