"""`python -m examples.article_site`: runs the site on this machine.

It runs under Flask's own server, which is made for that alone. In earnest a WSGI server runs
`create_app`, and one process beside it runs the courier.
"""

from __future__ import annotations

import logging
from pathlib import Path

import click

from examples.article_site.app import create_app
from examples.article_site.articles import the_article
from examples.article_site.courier import Courier
from examples.article_site.service import ModerationService
from examples.article_site.store import Store
from examples.article_site.webhook import PATH


@click.command()
@click.option("--moderation-url", envvar="MODERATION_URL", default="http://127.0.0.1:8000")
@click.option("--api-key", envvar="MODERATION_API_KEY", required=True)
@click.option("--port", default=8080)
@click.option("--public-url", help="Where readers and the service find it, if not at the port.")
@click.option("--data-dir", default="var/article_site", type=click.Path(path_type=Path))
def main(
    moderation_url: str, api_key: str, port: int, public_url: str | None, data_dir: Path
) -> None:
    """Run the example article site on this machine."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    public_url = (public_url or f"http://127.0.0.1:{port}").rstrip("/")
    article = the_article(public_url)
    store = Store(data_dir)
    courier = Courier(
        store,
        ModerationService.at(moderation_url, api_key=api_key),
        article=article,
        webhook_url=public_url + PATH,
    )
    app = create_app(store, article=article, wake_courier=courier.wake)
    click.echo(f"{article.title}: {article.url}")
    with courier.at_work():
        app.run(port=port)


if __name__ == "__main__":
    main()
