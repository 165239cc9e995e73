"""The words on the pictures, in the scripts that the bundled OCR reads: Latin with accents,
Chinese and Japanese.

Each picture is about one name ("Larkfield"), which is written in Latin letters in every language,
as trade names often are; in Chinese and Japanese the local writing stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["settings", "order", "invoice", "receipt", "dashboard", "error", "slide", "note"]
KINDS: tuple[Kind, ...] = (
    *("settings", "order", "invoice", "receipt"),
    *("dashboard", "error", "slide", "note"),
)


@dataclass(frozen=True)
class Language:
    """Everything that is written in one language. `{who}` stands for the name of the picture."""

    code: str
    names: tuple[tuple[str, str], ...]
    """(name in Latin letters, the same in the local script or empty)."""
    company: str
    date: str
    """A pattern for `str.format` with `year`, `month` and `day`."""
    money: str
    """A pattern for `str.format` with `amount`, a text with two decimals, or with `hundredths`, a
    whole number, where the currency has no smaller unit."""
    decimal: str
    """The sign before the decimals of an amount."""
    titles: Mapping[Kind, str]
    synonyms: Mapping[Kind, str]
    """Further words for a kind that a file name may use, divided by `|`; empty: none."""
    menu: tuple[str, ...]
    people: tuple[str, ...]
    goods: tuple[str, ...]
    metrics: tuple[str, ...]
    """Of a service: requests, time for an answer, availability, faults, users, storage."""
    options: tuple[str, ...]
    """Rows of a settings window."""
    points: tuple[str, ...]
    """Points of a slide."""
    tasks: tuple[str, ...]
    """Lines of a note."""
    failures: tuple[str, ...]
    """Sentences of an error dialog."""
    advice: str
    buttons: tuple[str, str]
    """To cancel, and to try again."""
    advertisements: tuple[str, ...]
    cookies: tuple[str, str]
    """A sentence about cookies and the button below it."""
    footer: tuple[str, ...]
    number: str
    total: str
    customer: str
    paid: str
    thanks: str
    version: str
    code_word: str
    """The word before the number of an error."""

    def price(self, amount: float) -> str:
        """An amount of money as it is written."""
        written = f"{amount:.2f}".replace(".", self.decimal)
        return self.money.format(amount=written, hundredths=round(amount * 100))


def _in_latin_only(names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, "") for name in names.split())


ENGLISH = Language(
    code="en",
    names=_in_latin_only(
        "Larkfield Oakmere Brindle Thornbury Willowmart Copperline Fenwick Hollowell Ashcombe "
        "Marlowe Stonebridge Quillon Ravensby Pebblecroft Windermoor Kestrel Juniper Tidewell "
        "Bramblewick Foxglove Harrowgate Silverbrook Netherby Dunmore Cloverdale Hazelton "
        "Wetherby Lindenmoor Ottersea Millbrook Saffron Paxwell"
    ),
    company="{who} Ltd",
    date="{day:02}/{month:02}/{year}",
    money="£{amount}",
    decimal=".",
    titles={
        "settings": "Settings",
        "order": "Your order",
        "invoice": "Invoice",
        "receipt": "Receipt",
        "dashboard": "Dashboard",
        "error": "Error",
        "slide": "Annual review",
        "note": "Meeting notes",
    },
    synonyms={
        "settings": "preferences|options",
        "order": "purchase|confirmation",
        "invoice": "bill",
        "receipt": "purchase",
        "dashboard": "metrics|status",
        "error": "failed|failure|crash",
        "slide": "review|presentation|annual-review",
        "note": "notes|meeting|minutes",
    },
    menu=("File", "Edit", "View", "Window", "Help"),
    people=("Anna Whitlock", "James Porter", "Priya Nair", "Tom Ellery"),
    goods=(
        *("Desk lamp", "Paper A4", "Oat milk", "Printer ink", "Cable 2 m", "Green tea"),
        *("Notebook", "Light bulb", "Apples", "Delivery"),
    ),
    metrics=("Requests", "Latency", "Uptime", "Errors", "Active users", "Storage"),
    options=(
        *("Start at login", "Send usage data", "Dark mode", "Check for updates"),
        *("Show hidden files", "Play sounds"),
    ),
    points=(
        *("Revenue grew by 12 percent", "Two new offices opened", "Support answers in a day"),
        *("Next: fewer suppliers", "Risks: energy prices"),
    ),
    tasks=(
        *("ask about the budget", "book the room for Friday", "send draft to Priya"),
        *("check the contract again", "call the print shop", "order more paper"),
    ),
    failures=(
        "{who} could not save the file.",
        "{who} lost the connection to the server.",
        "{who} has stopped working.",
    ),
    advice="Close other programs and try again. If this happens again, contact support.",
    buttons=("Cancel", "Try again"),
    advertisements=("Up to 50% off today", "Join our newsletter", "Customers also bought"),
    cookies=("We use cookies to improve this site.", "Accept all"),
    footer=("Privacy", "Terms", "Contact", "Jobs"),
    number="No.",
    total="Total",
    customer="Bill to",
    paid="Paid by card",
    thanks="Thank you for your visit",
    version="Version",
    code_word="Error code",
)

GERMAN = Language(
    code="de",
    names=_in_latin_only(
        "Grünwald Möwental Bärlauch Süßkind Lindhöfer Föhrenbach Kräuterhof Rübsam Holzapfel "
        "Nordlicht Weidemann Sägebach Müritzer Königsee Störberg Blütenhain"
    ),
    company="{who} GmbH",
    date="{day:02}.{month:02}.{year}",
    money="{amount} €",
    decimal=",",
    titles={
        "settings": "Einstellungen",
        "order": "Ihre Bestellung",
        "invoice": "Rechnung",
        "receipt": "Kassenbon",
        "dashboard": "Dashboard",
        "error": "Fehler",
        "slide": "Jahresrückblick",
        "note": "Besprechung",
    },
    synonyms={
        "settings": "einstellungen|preferences",
        "order": "bestellung|purchase",
        "invoice": "rechnung|bill",
        "receipt": "kassenbon|bon|quittung",
        "dashboard": "metrics|status",
        "error": "fehler|failed|failure",
        "slide": "jahresrueckblick|review|presentation",
        "note": "notes|besprechung|meeting|notiz",
    },
    menu=("Datei", "Bearbeiten", "Ansicht", "Fenster", "Hilfe"),
    people=("Jörg Häusler", "Käthe Brandt", "Sven Özdemir", "Ute Fröhlich"),
    goods=(
        *("Schreibtischlampe", "Papier A4", "Hafermilch", "Druckerpatrone", "Grüner Tee"),
        *("Notizbuch", "Glühbirne", "Äpfel", "Versand"),
    ),
    metrics=("Anfragen", "Antwortzeit", "Verfügbarkeit", "Störungen", "Nutzer", "Speicher"),
    options=(
        *("Beim Anmelden starten", "Nutzungsdaten senden", "Dunkles Design"),
        *("Nach Updates suchen", "Töne abspielen"),
    ),
    points=(
        *("Umsatz um 12 Prozent gestiegen", "Zwei neue Büros eröffnet"),
        *("Weniger Rückfragen beim Kundendienst", "Nächstes Jahr: neue Lieferanten"),
    ),
    tasks=(
        *("Budget für März klären", "Raum für Freitag buchen", "Entwurf an Käthe schicken"),
        *("Vertrag nochmal prüfen", "Druckerei anrufen"),
    ),
    failures=(
        "{who} konnte die Datei nicht speichern.",
        "{who} hat die Verbindung zum Server verloren.",
        "{who} funktioniert nicht mehr.",
    ),
    advice="Schließen Sie andere Programme und versuchen Sie es später erneut.",
    buttons=("Abbrechen", "Wiederholen"),
    advertisements=("Bis zu 50 % Rabatt", "Newsletter abonnieren", "Kunden kauften auch"),
    cookies=("Diese Seite verwendet Cookies.", "Alle annehmen"),
    footer=("Datenschutz", "Impressum", "Kontakt", "Über uns"),
    number="Nr.",
    total="Summe",
    customer="Kunde",
    paid="Mit Karte bezahlt",
    thanks="Vielen Dank für Ihren Einkauf",
    version="Version",
    code_word="Fehlercode",
)

FRENCH = Language(
    code="fr",
    names=_in_latin_only(
        "Clémence Beaupré Lumière Chênevert Fougère Rivière Hélianthe Mésange Grenadine "
        "Châtaigne Bruyère Écluse Pâquerette Tournesol Cigogne Églantine"
    ),
    company="{who} SARL",
    date="{day:02}/{month:02}/{year}",
    money="{amount} €",
    decimal=",",
    titles={
        "settings": "Paramètres",
        "order": "Votre commande",
        "invoice": "Facture",
        "receipt": "Ticket de caisse",
        "dashboard": "Tableau de bord",
        "error": "Erreur",
        "slide": "Bilan annuel",
        "note": "Réunion",
    },
    synonyms={
        "settings": "parametres|preferences",
        "order": "commande|purchase",
        "invoice": "facture|bill",
        "receipt": "ticket|caisse",
        "dashboard": "tableau-de-bord|tableau",
        "error": "erreur|failed|failure",
        "slide": "bilan|review|presentation",
        "note": "notes|reunion|meeting",
    },
    menu=("Fichier", "Édition", "Affichage", "Fenêtre", "Aide"),
    people=("Hélène Garnier", "François Lemaître", "Zoé Dupré", "Rémi Faure"),
    goods=(
        *("Lampe de bureau", "Papier A4", "Lait d'avoine", "Cartouche d'encre", "Thé vert"),
        *("Cahier", "Ampoule", "Pommes", "Livraison"),
    ),
    metrics=("Requêtes", "Latence", "Disponibilité", "Pannes", "Utilisateurs", "Stockage"),
    options=(
        *("Ouvrir au démarrage", "Envoyer des statistiques", "Mode sombre"),
        *("Rechercher les mises à jour", "Sons activés"),
    ),
    points=(
        *("Chiffre d'affaires en hausse de 12 %", "Deux bureaux ouverts à l'étranger"),
        *("Délais de réponse réduits", "À venir : nouveaux fournisseurs"),
    ),
    tasks=(
        *("demander le budget à Hélène", "réserver la salle vendredi", "relire le contrat"),
        *("envoyer le brouillon", "rappeler l'imprimeur"),
    ),
    failures=(
        "{who} n'a pas pu enregistrer le fichier.",
        "{who} a perdu la connexion au serveur.",
        "{who} a cessé de fonctionner.",
    ),
    advice="Fermez les autres programmes, puis réessayez dans quelques minutes.",
    buttons=("Annuler", "Réessayer"),
    advertisements=("Jusqu'à -50 % aujourd'hui", "Abonnez-vous", "Vous aimerez aussi"),
    cookies=("Ce site utilise des cookies.", "Tout accepter"),
    footer=("Confidentialité", "Conditions", "Nous écrire", "Carrières"),
    number="N°",
    total="Total",
    customer="Client",
    paid="Payé par carte",
    thanks="Merci de votre visite",
    version="Version",
    code_word="Code d'erreur",
)

SPANISH = Language(
    code="es",
    names=_in_latin_only(
        "Peñalba Montañés Cigüeña Alcázar Limonar Castaño Girasol Madroño Brújula Colibrí "
        "Farolillo Valdeolmo Pingüino Rincón Jazmín Gavilán"
    ),
    company="{who} S.L.",
    date="{day:02}/{month:02}/{year}",
    money="{amount} €",
    decimal=",",
    titles={
        "settings": "Configuración",
        "order": "Su pedido",
        "invoice": "Factura",
        "receipt": "Recibo",
        "dashboard": "Panel de control",
        "error": "Error",
        "slide": "Resumen anual",
        "note": "Reunión",
    },
    synonyms={
        "settings": "configuracion|preferences",
        "order": "pedido|purchase",
        "invoice": "factura|bill",
        "receipt": "recibo|ticket",
        "dashboard": "panel|panel-de-control",
        "error": "fallo|failed|failure",
        "slide": "resumen|review|presentation",
        "note": "notes|reunion|meeting",
    },
    menu=("Archivo", "Editar", "Ver", "Ventana", "Ayuda"),
    people=("Íñigo Núñez", "Begoña Ramírez", "Lucía Ibáñez", "Andrés Peña"),
    goods=(
        *("Lámpara de mesa", "Papel A4", "Leche de avena", "Cartucho de tinta", "Té verde"),
        *("Cuaderno", "Bombilla", "Manzanas", "Envío"),
    ),
    metrics=("Peticiones", "Latencia", "Disponibilidad", "Averías", "Usuarios", "Memoria"),
    options=(
        *("Abrir al iniciar sesión", "Enviar estadísticas", "Modo oscuro"),
        *("Buscar actualizaciones", "Reproducir sonidos"),
    ),
    points=(
        *("Las ventas crecieron un 12 %", "Dos oficinas nuevas en España"),
        *("Menos reclamaciones de clientes", "Próximo año: más proveedores"),
    ),
    tasks=(
        *("preguntar por el presupuesto", "reservar sala el viernes", "revisar el contrato"),
        *("enviar borrador a Lucía", "llamar a la imprenta"),
    ),
    failures=(
        "{who} no pudo guardar el archivo.",
        "{who} perdió la conexión con el servidor.",
        "{who} dejó de funcionar.",
    ),
    advice="Cierre otros programas e inténtelo de nuevo más tarde.",
    buttons=("Cancelar", "Reintentar"),
    advertisements=("Hasta 50 % de descuento", "Suscríbase", "También le gustará"),
    cookies=("Este sitio utiliza cookies.", "Aceptar todo"),
    footer=("Privacidad", "Condiciones", "Contacto", "Empleo"),
    number="N.º",
    total="Total",
    customer="Cliente",
    paid="Pagado con tarjeta",
    thanks="Gracias por su compra",
    version="Versión",
    code_word="Código",
)

CHINESE = Language(
    code="zh",
    names=(
        *(("Beichen", "北辰"), ("Yunhe", "云禾"), ("Qinglan", "青岚"), ("Haitang", "海棠")),
        *(("Xingyao", "星曜"), ("Luming", "鹿鸣"), ("Songyue", "松月"), ("Zhuxin", "竹心")),
        *(("Chenxi", "晨曦"), ("Wanhe", "万和"), ("Hengtai", "恒泰"), ("Mingzhou", "明洲")),
        *(("Ruixiang", "瑞祥"), ("Jinghua", "菁华"), ("Lanting", "兰亭"), ("Fengye", "枫叶")),
        *(("Yuquan", "玉泉"), ("Shuguang", "曙光"), ("Hongfan", "鸿帆"), ("Tianmu", "天目")),
    ),
    company="{local} {who} 有限公司",
    date="{year}年{month}月{day}日",
    money="¥{amount}",
    decimal=".",
    titles={
        "settings": "设置",
        "order": "您的订单",
        "invoice": "发票",
        "receipt": "购物小票",
        "dashboard": "监控面板",
        "error": "错误",
        "slide": "年度总结",
        "note": "会议记录",
    },
    synonyms={
        "settings": "shezhi|preferences",
        "order": "dingdan|purchase",
        "invoice": "fapiao|bill",
        "receipt": "xiaopiao|purchase",
        "dashboard": "monitor|monitoring",
        "error": "cuowu|failed|failure",
        "slide": "review|presentation",
        "note": "notes|meeting",
    },
    menu=("文件", "编辑", "查看", "窗口", "帮助"),
    people=("王小明", "李静", "陈伟", "赵丽"),
    goods=("台灯", "打印纸", "燕麦奶", "墨盒", "数据线", "绿茶", "笔记本", "灯泡", "苹果"),
    metrics=("请求数", "响应时间", "可用率", "故障", "活跃用户", "存储空间"),
    options=("开机自动启动", "发送使用数据", "深色模式", "检查更新", "显示隐藏文件", "播放声音"),
    points=("销售额增长12%", "新开两个办事处", "客户投诉减少", "明年计划：新的供应商"),
    tasks=("确认预算", "预订周五会议室", "把草稿发给李静", "再看一遍合同", "联系印刷厂"),
    failures=("{who} 无法保存文件。", "{who} 与服务器的连接已断开。", "{who} 已停止工作。"),
    advice="请关闭其他程序后重试。如果问题仍然存在，请联系客服。",
    buttons=("取消", "重试"),
    advertisements=("今日五折优惠", "订阅我们的邮件", "猜你喜欢"),
    cookies=("本网站使用 Cookie。", "全部接受"),
    footer=("隐私", "条款", "联系我们", "招聘"),
    number="编号",
    total="合计",
    customer="客户",
    paid="已刷卡支付",
    thanks="谢谢惠顾",
    version="版本",
    code_word="错误代码",
)

JAPANESE = Language(
    code="ja",
    names=(
        *(("Hayasora", "早空"), ("Kawasemi", "カワセミ"), ("Momiji", "もみじ")),
        *(("Tsubame", "つばめ"), ("Hotaru", "ほたる"), ("Sazanami", "さざなみ")),
        *(("Kogane", "こがね"), ("Asagiri", "朝霧"), ("Yamabuki", "山吹")),
        *(("Shirakaba", "白樺"), ("Minamo", "みなも"), ("Hidamari", "ひだまり")),
        *(("Suzukaze", "涼風"), ("Komorebi", "木漏れ日"), ("Natsume", "なつめ")),
        *(("Wakaba", "若葉"), ("Tokiwa", "常盤"), ("Ajisai", "あじさい")),
        *(("Hibari", "ひばり"), ("Shiosai", "潮騒")),
    ),
    company="株式会社{local} {who}",
    date="{year}年{month}月{day}日",
    money="¥{hundredths:,}",
    decimal=".",
    titles={
        "settings": "設定",
        "order": "ご注文内容",
        "invoice": "請求書",
        "receipt": "領収書",
        "dashboard": "ダッシュボード",
        "error": "エラー",
        "slide": "年間報告",
        "note": "会議メモ",
    },
    synonyms={
        "settings": "settei|preferences",
        "order": "chumon|purchase",
        "invoice": "seikyusho|bill",
        "receipt": "ryoshusho|purchase",
        "dashboard": "monitor|monitoring",
        "error": "era|failed|failure",
        "slide": "report|review|presentation",
        "note": "notes|memo|meeting",
    },
    menu=("ファイル", "編集", "表示", "ウィンドウ", "ヘルプ"),
    people=("佐藤 花子", "田中 健", "鈴木 美咲", "高橋 誠"),
    goods=("電気スタンド", "コピー用紙", "緑茶", "インク", "ケーブル", "ノート", "電球", "りんご"),
    metrics=("リクエスト数", "応答時間", "稼働率", "障害", "利用者数", "ディスク容量"),
    options=("起動時に開く", "利用状況を送信", "ダークモード", "更新を確認", "音を鳴らす"),
    points=(
        "売上は12%増加",
        "新しい事務所を2か所開設",
        "問い合わせが減少",
        "来年の計画：仕入先の見直し",
    ),
    tasks=("予算を確認する", "金曜日の会議室を予約", "原稿を田中さんに送る", "契約書を読み直す"),
    failures=(
        "{who} はファイルを保存できませんでした。",
        "{who} はサーバーに接続できません。",
        "{who} は動作を停止しました。",
    ),
    advice="他のプログラムを閉じてから、もう一度お試しください。",
    buttons=("キャンセル", "再試行"),
    advertisements=("本日最大50%オフ", "メールマガジン登録", "おすすめ商品"),
    cookies=("このサイトはクッキーを使用します。", "同意する"),
    footer=("プライバシー", "利用規約", "お問い合わせ", "採用情報"),
    number="番号",
    total="合計",
    customer="お客様",
    paid="カード支払い",
    thanks="ありがとうございました",
    version="バージョン",
    code_word="エラーコード",
)

LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, CHINESE, JAPANESE)
