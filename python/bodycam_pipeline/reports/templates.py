"""Pages and drawings from the templates that lie beside the code."""

from jinja2 import Environment, PackageLoader


def render_template(room: str, template: str, /, **values: object) -> str:
    """Fill a template of a room, whose values are escaped for HTML.

    Args:
        room: The folder below the package in which it lies.
        template: Its file name.
        values: What it names.
    """
    environment = Environment(loader=PackageLoader(f"bodycam_pipeline.{room}", "."), autoescape=True)
    return environment.get_template(template).render(values)
