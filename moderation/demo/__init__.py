"""The example site: what a newcomer opens first, and how a real site would use the service.

It acts as the site `demo` in this process, so the site's API key never reaches a browser.
"""
