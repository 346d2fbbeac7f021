"""A receipt or an invoice: who sold what, when, and what it cost."""

from datetime import date

from pydantic import BaseModel, Field


class Item(BaseModel):
    """A line of the receipt."""

    name: str = Field(max_length=100)
    quantity: float | None = None
    amount: float | None = Field(None, description="of the whole line")


class Receipt(BaseModel):
    """A receipt."""

    company: str = Field(description="the seller", max_length=150)
    address: str | None = Field(None, description="of the seller", max_length=250)
    number: str | None = Field(None, description="of the receipt or invoice", max_length=50)
    day: date | None = Field(None, description="on which it was issued")
    items: list[Item] = Field(max_length=40)
    tax: float | None = None
    total: float = Field(description="what was to pay, tax included")
    currency: str | None = Field(None, description="as written", max_length=10)


# Two in each language, of which a document is shown those in its own. Each leaves out something else.
PLANTS = """\
FERNLEAF NURSERY LTD
(REG. 551209-F)
14 MILL LANE,
OAKHURST, 7420 WENFORD
TEL 0551-204 778
VAT NO. 204 7781 56
TAX INVOICE   NO: FN-00871
DATE: 17/03/2024  10:22
2 X 4.50  LAVENDER POT      9.00
1 X 12.80 WATERING CAN     12.80
SUBTOTAL                   21.80
VAT 10%                     2.18
TOTAL                   GBP 23.98
CASH 30.00  CHANGE 6.02"""
LUNCH = """\
The Copper Kettle
Table 6      18.11.2023
Soup of the day        5.20
Rye bread              1.30
To pay               $ 6.50
Thank you!"""
BOOKS = """\
青禾书店（文汇路店）
地址：文汇路58号一层
小票号：20240219-0043
2024-02-19 16:05
《山间来信》   1   36.00
铅笔           3    4.50
合计：￥40.50
微信支付 40.50"""
NOODLES = """\
老巷面馆
2023年9月3日
牛肉面 2份 44元
实收：44元
谢谢惠顾"""

EXAMPLES = [
    (
        PLANTS,
        Receipt(
            company="FERNLEAF NURSERY LTD",
            address="14 MILL LANE, OAKHURST, 7420 WENFORD",
            number="FN-00871",
            day=date(2024, 3, 17),
            items=[
                Item(name="LAVENDER POT", quantity=2, amount=9.0),
                Item(name="WATERING CAN", quantity=1, amount=12.8),
            ],
            tax=2.18,
            total=23.98,
            currency="GBP",
        ),
    ),
    (
        LUNCH,
        Receipt(
            company="The Copper Kettle",
            address=None,
            number=None,
            day=date(2023, 11, 18),
            items=[Item(name="Soup of the day", amount=5.2), Item(name="Rye bread", amount=1.3)],
            tax=None,
            total=6.5,
            currency="$",
        ),
    ),
    (
        BOOKS,
        Receipt(
            company="青禾书店（文汇路店）",
            address="文汇路58号一层",
            number="20240219-0043",
            day=date(2024, 2, 19),
            items=[Item(name="《山间来信》", quantity=1, amount=36.0), Item(name="铅笔", quantity=3, amount=4.5)],
            tax=None,
            total=40.5,
            currency="￥",
        ),
    ),
    (
        NOODLES,
        Receipt(
            company="老巷面馆",
            address=None,
            number=None,
            day=date(2023, 9, 3),
            items=[Item(name="牛肉面", quantity=2, amount=44.0)],
            tax=None,
            total=44.0,
            currency="元",
        ),
    ),
]
