"""The REST service: `create_app` in `app.py` puts the parts together; each route family has its own file."""
