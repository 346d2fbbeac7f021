"""Everyday texts of a few characters, in the encodings that they are written in."""

from __future__ import annotations

import pytest

from extractor.loaders.encodings import decode
from extractor.loaders.likely import likeliest

SIMPLIFIED = """姓名,年龄|张伟,30
北京市海淀区中关村大街1号
产品名称：蓝牙耳机 型号：X200 价格：￥199
Invoice from ACME Ltd. for the customer 张伟, total 1200 元, paid on 3 May
你好世界
王小明
会议纪要
联系电话：010-12345678
今天天气很好，我们去公园散步吧。
合同编号：HT-2024-001，甲方：北京科技有限公司
薪资：15k-25k/月
他说：“我不知道。”
Name: 王芳 Email: wang@example.com
客户评价
航班CA1831 登机口C12
病人自述头痛两周
请勿折叠
火锅店
温度25℃，湿度60％"""
TRADITIONAL = """你好世界
王小明
聯絡電話：02-12345678
台北市信義區市府路1號
蘋果公司發表了新款手機，售價28900元。
價格：NT$199
他說：「我不知道。」
Meeting with 劉洋 on Monday at 10:00
病人自述頭痛兩週"""
JAPANESE = """こんにちは世界
田中太郎
電話番号：03-1234-5678
今日は天気がいいので公園を散歩しましょう。
東京都千代田区丸の内1丁目
この本の作者は夏目漱石です。
Name: 佐藤健 Email: sato@example.com
ラーメン屋"""
KOREAN = """안녕하세요 세계
김철수
전화번호: 02-1234-5678
오늘 날씨가 좋아서 공원을 산책합시다.
서울특별시 강남구 테헤란로 1
가격: 199원
Meeting with 최민수 on Monday"""
RUSSIAN = """Привет, мир. Это тест.
Иван Петров
Телефон: 495-123-45-67
Москва, улица Ленина, дом 1
Цена: 199 руб.
Meeting with Ольга on Monday"""
WESTERN = """Café crème à 3 euros
Prénom: Zoé, Âge: 28
Überweisung an Müller GmbH
Señor Muñoz llegó mañana a Málaga
Smørrebrød på dansk koster 50 kr
It’s the client’s naïve résumé
Price: £199 (incl. VAT)
¿Qué tal?
© 2024 Acme
Dr. José Ñu"""
TEXTS = {
    "gb18030": SIMPLIFIED,
    "big5": TRADITIONAL,
    "cp932": JAPANESE,
    "euc_jp": JAPANESE,
    "cp949": KOREAN,
    "cp1251": RUSSIAN,
    "koi8_r": RUSSIAN,
    "cp866": RUSSIAN,
    "cp1252": WESTERN,
    "cp1250": "Zażółć gęślą jaźń\nPříliš žluťoučký kůň\nImię: Paweł, Wiek: 30",
    "cp1253": "Καλημέρα κόσμε, αυτό είναι ένα τεστ.\nΤιμή: 199 ευρώ",
    "cp1254": "Ad: Ayşe, Yaş: 28\nİyi akşamlar",
    "cp1255": "שלום עולם, זה מבחן",
    "cp1256": "مرحبا بالعالم هذا اختبار",
    "cp874": "สวัสดีชาวโลก นี่คือการทดสอบ",
}


@pytest.mark.parametrize(
    ("encoding", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts.split("\n")]
)
def test_a_short_text_is_read_in_its_encoding(encoding: str, text: str) -> None:
    assert decode("a.txt", text.encode(encoding)) == (text, (f"not UTF-8, decoded as {encoding}",))


def test_a_broken_byte_changes_no_guess() -> None:
    data = "产品名称：蓝牙耳机，价格：199元。".encode("gb18030")
    assert likeliest(data + b"\xff " + data) == "gb18030"
    assert likeliest(data[:-1]) == "gb18030", "cut within its last character"


def test_bytes_that_are_no_text_of_the_encodings_that_are_known() -> None:
    assert likeliest(bytes(range(1, 256))) is None
