"""The subgraph that Apollo's compatibility suite asks of an implementation: products, and what they say of users and
inventories. Its schema and its data are the suite's; it is served by what serves the registry.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, Union

import strawberry
from strawberry import Parent
from strawberry.federation.schema import Schema
from strawberry.schema_directive import Location

from resolvers.answering import Answers
from resolvers.context import OperationContext
from resolvers.http import GraphQLApp
from resolvers.options import Options
from resolvers.subgraph import Find, Reference, Service, Subgraph, entities_field, service_field


@strawberry.federation.schema_directive(
    locations=[Location.OBJECT], name="custom", compose=True, import_url="https://myspecs.dev/myCustomDirective/v1.0"
)
class Custom:
    pass


def _average(root: Parent["User"]) -> int | None:
    made = root.total_products_created
    return None if made is None else round(made / root.years_of_employment)


@strawberry.federation.type(keys=["email"], extend=True)
class User:
    email: strawberry.ID = strawberry.federation.field(external=True)
    name: str | None = strawberry.federation.field(override="users")
    total_products_created: int | None = strawberry.federation.field(external=True)
    years_of_employment: int = strawberry.federation.field(external=True)
    average_products_created_per_year: int | None = strawberry.federation.field(
        resolver=_average, requires=["totalProductsCreated yearsOfEmployment"]
    )


@strawberry.federation.type(keys=["sku package"])
class DeprecatedProduct:
    sku: str
    package: str
    reason: str | None
    created_by: User | None


@strawberry.type
class ProductVariation:
    id: strawberry.ID


@strawberry.federation.type(shareable=True)
class ProductDimension:
    size: str | None
    weight: float | None
    unit: str | None = strawberry.federation.field(inaccessible=True)


@strawberry.type
class CaseStudy:
    case_number: strawberry.ID
    description: str | None


@strawberry.federation.type(keys=["study { caseNumber }"])
class ProductResearch:
    study: CaseStudy
    outcome: str | None = None


@strawberry.federation.type(keys=["id", "sku package", "sku variation { id }"], directives=[Custom()])
class Product:
    id: strawberry.ID
    sku: str | None
    package: str | None
    variation: ProductVariation | None
    dimensions: ProductDimension | None
    created_by: User | None = strawberry.federation.field(provides=["totalProductsCreated"])
    notes: str | None = strawberry.federation.field(tags=["internal"])
    research: list[ProductResearch]


@strawberry.federation.interface_object(keys=["id"])
class Inventory:
    id: strawberry.ID
    deprecated_products: list[DeprecatedProduct]


def _id(text: str) -> strawberry.ID:
    return strawberry.ID(text)


EMAIL = "support@apollographql.com"
USER = User(email=_id(EMAIL), name="Jane Smith", total_products_created=1337, years_of_employment=10)
OLD = DeprecatedProduct(
    sku="apollo-federation-v1", package="@apollo/federation-v1", reason="Migrate to Federation V2", created_by=USER
)
RESEARCH = [
    ProductResearch(study=CaseStudy(case_number=_id("1234"), description="Federation Study")),
    ProductResearch(study=CaseStudy(case_number=_id("1235"), description="Studio Study")),
]
INVENTORY = Inventory(id=_id("apollo-oss"), deprecated_products=[OLD])
PRODUCTS = [
    Product(
        id=_id(id),
        sku=sku,
        package=package,
        variation=ProductVariation(id=_id(variation)),
        dimensions=ProductDimension(size="small", weight=1, unit="kg"),
        created_by=USER,
        notes=None,
        research=[research],
    )
    for id, sku, package, variation, research in (
        ("apollo-federation", "federation", "@apollo/federation", "OSS", RESEARCH[0]),
        ("apollo-studio", "studio", "", "platform", RESEARCH[1]),
    )
]


def _product(id: strawberry.ID) -> Product | None:
    return next((one for one in PRODUCTS if one.id == id), None)


def _deprecated(sku: str, package: str) -> DeprecatedProduct | None:
    return OLD if (sku, package) == (OLD.sku, OLD.package) else None


def _by_key(one: Reference) -> Product | None:
    named: Callable[[Product], tuple[Any, ...]] = {
        "id": lambda product: (product.id,),
        "sku package": lambda product: (product.sku, product.package),
        "sku variation { id }": lambda product: (product.sku, product.variation and product.variation.id),
    }[one.key]
    return next((product for product in PRODUCTS if named(product) == one.values), None)


def _user(one: Reference) -> User | None:
    """A user with what the other subgraphs say of it, where the gateway tells that."""
    if one.values != (EMAIL,):
        return None
    made, years = one.sent.get("totalProductsCreated"), one.sent.get("yearsOfEmployment")
    return User(email=_id(EMAIL), name=USER.name, total_products_created=made, years_of_employment=years or 0)


def _research(one: Reference) -> ProductResearch | None:
    return next((research for research in RESEARCH if (research.study.case_number,) == one.values), None)


def _each(find: Callable[[Reference], Any]) -> Find:
    async def find_all(context: OperationContext, references: Sequence[Reference]) -> list[Any]:
        return [find(one) for one in references]

    return find_all


FINDERS = {
    "Product": _each(_by_key),
    "DeprecatedProduct": _each(lambda one: _deprecated(*one.values)),
    "ProductResearch": _each(_research),
    "User": _each(_user),
    "Inventory": _each(lambda one: INVENTORY if one.values == (INVENTORY.id,) else None),
}

Entity = Annotated[
    Union[Product, DeprecatedProduct, ProductResearch, User, Inventory],  # noqa: UP007
    strawberry.union("_Entity"),
]


@strawberry.federation.type(extend=True)
class Query:
    entities: list[Entity | None] = entities_field()
    service: Service = service_field()
    product: Product | None = strawberry.field(resolver=_product)
    deprecated_product: DeprecatedProduct | None = strawberry.field(
        resolver=_deprecated, deprecation_reason="Use product query instead"
    )


SCHEMA = Schema(query=Query, types=[Inventory], federation_version="2.3")


def products_app() -> GraphQLApp:
    """The products, served as the registry is."""
    return GraphQLApp(Answers(SCHEMA, Options()), partial(OperationContext, Subgraph(SCHEMA, FINDERS)))
