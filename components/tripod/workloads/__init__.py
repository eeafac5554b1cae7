"""Components for application teams: web services, blue-green services, database bindings and permitted calls."""
