"""A product, from its description or from a review."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Point = Annotated[str, Field(max_length=120)]


class Price(BaseModel):
    """An amount of money."""

    amount: float = Field(ge=0)
    currency: str = Field(description="ISO 4217 code", pattern="^[A-Z]{3}$")


class Product(BaseModel):
    """A product."""

    name: str = Field(max_length=150)
    brand: str | None = Field(None, max_length=100)
    model: str | None = Field(None, description="model number", max_length=60)
    category: str = Field(description="what kind of product it is", max_length=60)
    price: Price | None = Field(None, description="of the version reviewed")
    released: date | None = Field(None, description="on sale since")
    weight_g: float | None = Field(None, description="in grams", ge=0)
    warranty_months: int | None = Field(None, ge=0)
    pros: list[Point] = Field(description="what is praised", max_length=8)
    cons: list[Point] = Field(description="what is criticised", max_length=8)
    verdict: Literal["positive", "mixed", "negative"] | None = Field(None, description="of the reviewer")
    summary: str = Field(description="in one or two sentences", max_length=400)


# Two in each language, of which a document is shown those in its own. Each leaves out something else.
DRILL = """\
The Brackwell D18 (BW-18C) drills through oak as through cheese and sits well in the hand; its case is a joke. It weighs
1.6 kg, costs $129.50 and has a warranty of three years. For this price there is nothing better."""
KEYBOARD = """\
Out since 3 November 2025: the Sorrel keyboard. After two months half of the letters are worn off, and the cable is too
short for any desk. The maker, Plumb Labs, answers no mails. The keys are quiet, at least. Keep away."""
BOTTLE = """\
石榴牌保温杯（型号 SL-500）装满热水，八小时后还烫嘴，杯口也不漏。重320克，卖98元，质保一年。就是颜色太少。
总的来说，很满意。"""
CHAIR = """\
岚山公司的折叠椅“小憩”2025年10月20日开售。坐垫软，收起来也不占地方；但扶手晃得厉害，两百斤的人不敢靠。
优点缺点都很明显。"""

EXAMPLES = [
    (
        DRILL,
        Product(
            name="Brackwell D18",
            brand="Brackwell",
            model="BW-18C",
            category="drill",
            price=Price(amount=129.5, currency="USD"),
            released=None,
            weight_g=1600,
            warranty_months=36,
            pros=["drills through oak as through cheese", "sits well in the hand"],
            cons=["its case is a joke"],
            verdict="positive",
            summary="A strong and handy drill at a good price.",
        ),
    ),
    (
        KEYBOARD,
        Product(
            name="Sorrel keyboard",
            brand="Plumb Labs",
            model=None,
            category="keyboard",
            price=None,
            released=date(2025, 11, 3),
            weight_g=None,
            warranty_months=None,
            pros=["keys are quiet"],
            cons=["letters are worn off", "cable is too short", "maker answers no mails"],
            verdict="negative",
            summary="A keyboard that wears off within two months.",
        ),
    ),
    (
        BOTTLE,
        Product(
            name="石榴牌保温杯",
            brand="石榴牌",
            model="SL-500",
            category="保温杯",
            price=Price(amount=98, currency="CNY"),
            released=None,
            weight_g=320,
            warranty_months=12,
            pros=["八小时后还烫嘴", "杯口也不漏"],
            cons=["颜色太少"],
            verdict="positive",
            summary="保温效果好、不漏水的保温杯，令人满意。",
        ),
    ),
    (
        CHAIR,
        Product(
            name="小憩",
            brand="岚山公司",
            model=None,
            category="折叠椅",
            price=None,
            released=date(2025, 10, 20),
            weight_g=None,
            warranty_months=None,
            pros=["坐垫软", "收起来也不占地方"],
            cons=["扶手晃得厉害"],
            verdict="mixed",
            summary="柔软省地方的折叠椅，但扶手不稳。",
        ),
    ),
]
