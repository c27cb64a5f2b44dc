use orm_core::prelude::*;
use orm_core::write::Input;

use crate::models::{Badge, Item, Shop, Tag};
use crate::play::{Outcome, Player, text};
use crate::world::{ItemRow, ShopRow};

/// How many kinds of steps there are at least, with rollbacks and savepoints.
pub const KINDS: usize = 30;

/// Runs a call with one object or another, whichever the session has of a number.
macro_rules! with {
    ($objects:expr, $uid:expr, |$object:ident| $body:expr) => {
        match $objects.known.get(&$uid) {
            Some($object) => {
                let $object = $object.clone();
                $body
            }
            None => match $objects.new.get(&$uid) {
                Some($object) => {
                    let $object = $object.clone();
                    $body
                }
                None => return Err(format!("nothing is known of {}", $uid)),
            },
        }
    };
}
pub(crate) use with;

impl Player {
    pub fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        self.random.pick(from)
    }

    fn shops(&self) -> Vec<i64> {
        self.world.shops.keys().copied().collect()
    }

    pub fn items(&self) -> Vec<i64> {
        self.world.items.keys().copied().collect()
    }

    /// Those with a row.
    fn known_shops(&self) -> Vec<i64> {
        self.shops().into_iter().filter(|shop| self.objects.shops.known.contains_key(shop)).collect()
    }

    fn known_items(&self) -> Vec<i64> {
        self.items().into_iter().filter(|item| self.objects.items.known.contains_key(item)).collect()
    }

    /// One step. What the rows could not take is not done.
    pub async fn step(&mut self) -> Outcome {
        let before = self.world.clone();
        let kind = self.random.below(34);
        let done = match kind {
            0 | 1 => self.add_shop(None)?,
            2..=4 => self.add_item(None)?,
            5 => self.add_tag(),
            6 | 7 => self.edit_shop()?,
            8 | 9 => self.edit_item()?,
            10 => self.lead()?,
            11..=13 => self.move_item()?,
            14 => self.badge()?,
            15 | 16 => self.tag()?,
            17 => self.replace_tags().await?,
            18 => self.delete()?,
            19 | 20 => self.switch()?,
            21 => self.bulk().await?,
            22 => self.lent().await?,
            23 => self.upsert().await?,
            24 => self.load().await?,
            25 => self.patch()?,
            26 => self.copy().await?,
            _ => self.note(kind).await?,
        };
        let Some(done) = done else {
            if self.world != before {
                return Err("a step that was not done changed the world".into());
            }
            return Ok(());
        };
        self.done.push(done);
        Ok(())
    }

    pub fn say(&mut self, what: String) {
        self.said.push(what);
    }

    pub fn number(&mut self) -> i64 {
        self.next += 1;
        self.next
    }

    /// Adds a shop, perhaps with the key of one that is deleted.
    fn add_shop(&mut self, key: Option<i64>) -> Outcome<Option<&'static str>> {
        let Some(code) = self.world.free_code(self.random.next()) else { return Ok(None) };
        let uid = self.number();
        let mut row = ShopRow { code: code.clone(), name: crate::models::unnamed().to_owned(), lead: None };
        let mut world = self.world.clone();
        world.shops.insert(uid, row.clone());
        if !world.codes_can_be_written(&self.rows, &self.became) {
            return Ok(None);
        }
        let mut draft = Shop::draft().uid(uid).code(code.clone());
        if let Some(key) = key.or_else(|| self.random.coin().then_some(-1_000 * uid)) {
            draft = draft.id(key);
        }
        if self.random.coin() {
            row.name = "named".into();
            draft = draft.name("named");
        }
        let items = self.items();
        let lead = self.pick(&items).filter(|_| self.random.coin());
        if let Some(lead) = lead {
            row.lead = Some(lead);
            draft = with!(self.objects.items, lead, |item| draft.lead(&item));
        }
        let mut badge = None;
        if self.random.below(3) == 0 {
            let number = self.number();
            badge = Some(number);
            draft = draft.badge(Badge::draft().uid(number));
        }
        // A new item that belongs to it and leads it: they need each other.
        let leader = (lead.is_none() && key.is_none() && self.random.below(3) == 0).then(|| self.number());
        if let Some(leader) = leader {
            let item = self.session.add(Item::draft().uid(leader).shop_code(code).price(7));
            draft = draft.lead(&item);
            row.lead = Some(leader);
            self.objects.items.new.insert(leader, item);
            self.world.items.insert(leader, ItemRow { shop: Some(uid), slot: None, price: 7, quantity: 1 });
        }
        self.say(format!("add shop {uid} {row:?}, key {key:?}, badge {badge:?}, leader {leader:?}"));
        self.world.shops.insert(uid, row);
        self.world.badges.extend(badge.map(|badge| (badge, uid)));
        self.objects.shops.new.insert(uid, self.session.add(draft));
        Ok(Some(if key.is_some() { "switch shop" } else { "add shop" }))
    }

    fn add_item(&mut self, key: Option<i64>) -> Outcome<Option<&'static str>> {
        let uid = self.number();
        let price = self.random.below(100).cast_signed();
        let mut row = ItemRow { shop: None, slot: None, price, quantity: 1 };
        let mut draft = Item::draft().uid(uid).price(price);
        if let Some(key) = key.or_else(|| self.random.coin().then_some(-1_000 * uid)) {
            draft = draft.id(key);
        }
        let shops = self.shops();
        if let Some(shop) = self.pick(&shops).filter(|_| self.random.below(4) > 0) {
            row.shop = Some(shop);
            draft = with!(self.objects.shops, shop, |shop| draft.shop(&shop));
        }
        if let Some(slot) = self.world.free_slot(self.random.next()).filter(|_| self.random.coin()) {
            row.slot = Some(slot);
            draft = draft.slot(slot);
        }
        if self.random.coin() {
            row.quantity = 5;
            draft = draft.quantity(5);
        }
        let tags: Vec<i64> = self.world.tags.iter().copied().collect();
        let tag = self.pick(&tags);
        if let Some(tag) = tag {
            draft = with!(self.objects.tags, tag, |tag| draft.tags([&tag]));
            self.world.links.insert((uid, tag));
        }
        self.say(format!("add item {uid} {row:?}, key {key:?}, tag {tag:?}"));
        self.world.items.insert(uid, row);
        self.objects.items.new.insert(uid, self.session.add(draft));
        Ok(Some(if key.is_some() { "switch item" } else { "add item" }))
    }

    fn add_tag(&mut self) -> Option<&'static str> {
        let uid = self.number();
        self.say(format!("add tag {uid}"));
        self.world.tags.insert(uid);
        self.objects.tags.new.insert(uid, self.session.add(Tag::draft().id(uid)));
        Some("add tag")
    }

    fn edit_shop(&mut self) -> Outcome<Option<&'static str>> {
        let shops = self.known_shops();
        let Some(uid) = self.pick(&shops) else { return Ok(None) };
        let shop = self.objects.shops.known[&uid].clone();
        let mut world = self.world.clone();
        let Some(row) = world.shops.get_mut(&uid) else { return Ok(None) };
        let code = self.world.free_code(self.random.next()).filter(|_| self.random.coin());
        row.code = code.unwrap_or_else(|| row.code.clone());
        row.name = format!("name {}", self.random.below(3));
        let ShopRow { code, name, .. } = row.clone();
        if !world.codes_can_be_written(&self.rows, &self.became) {
            return Ok(None);
        }
        self.say(format!("edit shop {uid}: {code}, {name}"));
        self.world = world;
        self.session.edit(&shop, |shop| (shop.code, shop.name) = (code, name)).map_err(text)?;
        Ok(Some("edit shop"))
    }

    fn edit_item(&mut self) -> Outcome<Option<&'static str>> {
        let items = self.known_items();
        let (Some(one), Some(other)) = (self.pick(&items), self.pick(&items)) else { return Ok(None) };
        let (first, second) =
            (self.objects.items.known[&one].clone(), self.objects.items.known[&other].clone());
        let slots = (self.world.items[&one].slot, self.world.items[&other].slot);
        if one != other && self.random.coin() {
            self.say(format!("swap the slots of the items {one} and {other}"));
            self.session.edit(&first, |item| item.slot = slots.1).map_err(text)?;
            self.session.edit(&second, |item| item.slot = slots.0).map_err(text)?;
            self.world.items.get_mut(&one).ok_or("no item")?.slot = slots.1;
            self.world.items.get_mut(&other).ok_or("no item")?.slot = slots.0;
            return Ok(Some("swap slots"));
        }
        let slot = self.world.free_slot(self.random.next());
        let price = self.random.below(100).cast_signed();
        self.say(format!("edit item {one}: slot {slot:?}, price {price}"));
        self.session.edit(&first, |item| (item.slot, item.price) = (slot, price)).map_err(text)?;
        let row = self.world.items.get_mut(&one).ok_or("no item")?;
        (row.slot, row.price) = (slot, price);
        Ok(Some("edit item"))
    }

    fn lead(&mut self) -> Outcome<Option<&'static str>> {
        let (shops, items) = (self.known_shops(), self.items());
        let Some(uid) = self.pick(&shops) else { return Ok(None) };
        let shop = self.objects.shops.known[&uid].clone();
        let lead = self.pick(&items).filter(|_| self.random.below(4) > 0);
        self.say(format!("the shop {uid} is led by {lead:?}"));
        match lead {
            Some(item) => {
                with!(self.objects.items, item, |item| self.session.assign(&shop, Shop::LEAD, &item))
            }
            None => self.session.unassign(&shop, Shop::LEAD),
        }
        .map_err(text)?;
        self.world.shops.get_mut(&uid).ok_or("no shop")?.lead = lead;
        Ok(Some(if lead.is_some() { "assign" } else { "unassign" }))
    }

    fn move_item(&mut self) -> Outcome<Option<&'static str>> {
        let (shops, items) = (self.shops(), self.items());
        let (Some(shop), Some(item)) = (self.pick(&shops), self.pick(&items)) else { return Ok(None) };
        let known =
            (self.objects.shops.known.get(&shop).cloned(), self.objects.items.known.get(&item).cloned());
        let (done, to) = match known {
            (_, Some(object)) if self.random.below(4) == 0 => {
                (self.session.unassign(&object, Item::SHOP), None)
            }
            (Some(object), Some(member)) if self.world.items[&item].shop == Some(shop) => {
                (self.session.remove(&object, Shop::ITEMS, &member), None)
            }
            (Some(object), _) if self.random.coin() => {
                let appended = with!(self.objects.items, item, |member| self.session.append(
                    &object,
                    Shop::ITEMS,
                    &member
                ));
                (appended, Some(shop))
            }
            (_, Some(object)) => {
                let assigned = with!(self.objects.shops, shop, |parent| self.session.assign(
                    &object,
                    Item::SHOP,
                    &parent
                ));
                (assigned, Some(shop))
            }
            _ => return Ok(None),
        };
        self.say(format!("the item {item} is in {to:?}"));
        done.map_err(text)?;
        self.world.items.get_mut(&item).ok_or("no item")?.shop = to;
        Ok(Some(if to.is_some() { "move item" } else { "remove item" }))
    }

    fn badge(&mut self) -> Outcome<Option<&'static str>> {
        let shops = self.known_shops();
        let Some(shop) = self.pick(&shops) else { return Ok(None) };
        let object = self.objects.shops.known[&shop].clone();
        let badge = (self.random.below(4) > 0).then(|| self.number());
        self.say(format!("the shop {shop} gets the badge {badge:?}"));
        match badge {
            Some(badge) => self.session.assign(&object, Shop::BADGE, Badge::draft().uid(badge)),
            None => self.session.unassign(&object, Shop::BADGE),
        }
        .map_err(text)?;
        self.world.badges.retain(|_, of| *of != shop);
        self.world.badges.extend(badge.map(|badge| (badge, shop)));
        Ok(Some(if badge.is_some() { "new badge" } else { "no badge" }))
    }

    fn tag(&mut self) -> Outcome<Option<&'static str>> {
        let (items, tags): (Vec<i64>, Vec<i64>) =
            (self.known_items(), self.world.tags.iter().copied().collect());
        let (Some(item), Some(tag)) = (self.pick(&items), self.pick(&tags)) else { return Ok(None) };
        let object = self.objects.items.known[&item].clone();
        let linked = self.world.links.contains(&(item, tag));
        let ends = linked && self.random.below(4) > 0;
        self.say(format!("the tag {tag} of the item {item}, ends: {ends}"));
        let done = with!(self.objects.tags, tag, |tag| match ends {
            true => self.session.remove(&object, Item::TAGS, &tag),
            false => self.session.append(&object, Item::TAGS, &tag),
        });
        done.map_err(text)?;
        match ends {
            true => self.world.links.remove(&(item, tag)),
            false => self.world.links.insert((item, tag)),
        };
        Ok(Some(if ends { "remove tag" } else { "append tag" }))
    }

    async fn replace_tags(&mut self) -> Outcome<Option<&'static str>> {
        let items = self.known_items();
        let Some(item) = self.pick(&items) else { return Ok(None) };
        let object = self.objects.items.known[&item].clone();
        self.flush().await?;
        self.session.load(&object, Item::TAGS).await.map_err(text)?;
        let known: Vec<i64> = self.world.tags.iter().copied().collect();
        let tags: Vec<i64> = known.into_iter().filter(|_| self.random.coin()).collect();
        self.say(format!("the item {item} has the tags {tags:?}"));
        let objects: Vec<Entity<Tag>> = tags.iter().map(|tag| self.objects.tags.known[tag].clone()).collect();
        self.session.replace(&object, Item::TAGS, &objects).map_err(text)?;
        self.world.links.retain(|(of, _)| *of != item);
        self.world.links.extend(tags.into_iter().map(|tag| (item, tag)));
        Ok(Some("replace tags"))
    }

    fn delete(&mut self) -> Outcome<Option<&'static str>> {
        let (shops, items) = (self.known_shops(), self.known_items());
        let tags: Vec<i64> = self.objects.tags.known.keys().copied().collect();
        let tags: Vec<i64> = tags.into_iter().filter(|tag| self.world.tags.contains(tag)).collect();
        match self.random.below(3) {
            0 => {
                let Some(shop) = self.pick(&shops) else { return Ok(None) };
                self.delete_shop(shop)?;
                Ok(Some("delete shop"))
            }
            1 => {
                let Some(item) = self.pick(&items) else { return Ok(None) };
                self.delete_item(item)?;
                Ok(Some("delete item"))
            }
            _ => {
                let Some(tag) = self.pick(&tags) else { return Ok(None) };
                self.say(format!("delete tag {tag}"));
                self.session.delete(&self.objects.tags.known[&tag]).map_err(text)?;
                self.world.delete_tag(tag);
                Ok(Some("delete tag"))
            }
        }
    }

    fn delete_shop(&mut self, shop: i64) -> Outcome {
        self.say(format!("delete shop {shop}"));
        self.session.delete(&self.objects.shops.known[&shop]).map_err(text)?;
        self.world.delete_shop(shop);
        Ok(())
    }

    fn delete_item(&mut self, item: i64) -> Outcome {
        self.say(format!("delete item {item}"));
        self.session.delete(&self.objects.items.known[&item]).map_err(text)?;
        self.world.delete_item(item);
        Ok(())
    }

    /// A row is deleted, and a new one gets its key.
    fn switch(&mut self) -> Outcome<Option<&'static str>> {
        let (shops, items) = (self.known_shops(), self.known_items());
        if self.random.coin() {
            let Some(item) = self.pick(&items) else { return Ok(None) };
            self.delete_item(item)?;
            let key = self.objects.items.known[&item].id;
            return self.add_item(Some(key));
        }
        let Some(shop) = self.pick(&shops) else { return Ok(None) };
        self.delete_shop(shop)?;
        let key = self.objects.shops.known[&shop].id;
        self.became.insert(shop, self.next + 1);
        let added = self.add_shop(Some(key))?;
        if added.is_none() {
            self.became.remove(&shop);
        }
        Ok(Some(added.unwrap_or("delete shop")))
    }

    /// Prices were written past the unit of work.
    async fn priced(&mut self) -> Outcome {
        self.audit.forget("Item", &["price", "total", "version"]);
        self.flushed().await
    }

    /// Statements of both kinds that change rows past the unit of work.
    async fn bulk(&mut self) -> Outcome<Option<&'static str>> {
        self.flush().await?;
        let most = self.random.below(100).cast_signed();
        self.say(format!("prices up to {most} rise by 3"));
        let rise = update::<Item>().set_to(Item::PRICE, Item::PRICE + 3).filter(Item::PRICE.le(most));
        self.session.execute(rise).await.map_err(text)?;
        let rises = |row: &&mut ItemRow| row.price <= most;
        self.world.items.values_mut().filter(rises).for_each(|row| row.price += 3);
        self.priced().await?;
        Ok(Some("bulk update"))
    }

    /// A row that exists gets another price, and its object follows.
    async fn upsert(&mut self) -> Outcome<Option<&'static str>> {
        let items = self.known_items();
        let Some(item) = self.pick(&items) else { return Ok(None) };
        self.flush().await?;
        let price = self.random.below(100).cast_signed();
        self.say(format!("upsert the item {item}: price {price}"));
        let row = Item::draft().id(self.objects.items.known[&item].id).uid(item).price(price);
        let conflict = OnConflict::update(Item::ID, Item::PRICE);
        self.session.execute(insert::<Item>().rows([row]).on_conflict(conflict)).await.map_err(text)?;
        self.world.items.get_mut(&item).ok_or("no item")?.price = price;
        self.priced().await?;
        Ok(Some("upsert"))
    }

    async fn lent(&mut self) -> Outcome<Option<&'static str>> {
        let items = self.known_items();
        let Some(item) = self.pick(&items) else { return Ok(None) };
        self.flush().await?;
        self.say(format!("the item {item} gets another price on the lent connection"));
        let mut connection = self.session.connection().await.map_err(text)?;
        let text_of = format!("UPDATE mx_items SET price = price + 1 WHERE uid = {item}");
        connection.execute(&text_of).await.map_err(text)?;
        self.world.items.get_mut(&item).ok_or("no item")?.price += 1;
        self.session.refresh(&self.objects.items.known[&item]).await.map_err(text)?;
        self.priced().await?;
        Ok(Some("lent connection"))
    }

    /// Relationships are loaded in between, so that some are held and some are not.
    async fn load(&mut self) -> Outcome<Option<&'static str>> {
        let shops = self.known_shops();
        let Some(shop) = self.pick(&shops) else { return Ok(None) };
        self.flush().await?;
        self.say(format!("load what the shop {shop} has"));
        let object = self.objects.shops.known[&shop].clone();
        self.session.load(&object, Shop::ITEMS).await.map_err(text)?;
        self.session.load(&object, Shop::BADGE).await.map_err(text)?;
        let items = self.known_items();
        if let Some(item) = self.pick(&items) {
            self.say(format!("load the notes of the item {item}"));
            let object = self.objects.items.known[&item].clone();
            self.session.load(&object, Item::NOTES).await.map_err(text)?;
        }
        self.flushed().await?;
        Ok(Some("load"))
    }

    /// What a client sent is applied to an item.
    fn patch(&mut self) -> Outcome<Option<&'static str>> {
        let items = self.known_items();
        let Some(item) = self.pick(&items) else { return Ok(None) };
        let object = self.objects.items.known[&item].clone();
        let price = self.random.below(100).cast_signed();
        let slot = self.random.coin().then(|| self.world.free_slot(self.random.next()));
        self.say(format!("patch the item {item}: price {price}, slot {slot:?}"));
        let mut sent = serde_json::json!({"price": price, "quantity": 7});
        if let Some(slot) = slot {
            sent["slot"] = slot.into();
        }
        let input: Input<Item> = serde_json::from_value(sent).map_err(|error| error.to_string())?;
        // The client may not set the quantity, so the program takes it out of what was sent.
        let quantity = self.world.items[&item].quantity;
        let permitted = input.permit((Item::PRICE, Item::SLOT, Item::QUANTITY)).map_err(text)?;
        self.session.patch(&object, permitted.set(Item::QUANTITY, quantity)).map_err(text)?;
        let row = self.world.items.get_mut(&item).ok_or("no item")?;
        row.price = price;
        row.slot = slot.unwrap_or(row.slot);
        Ok(Some("patch"))
    }

    /// INSERT .. SELECT: a tag with the number of an item, and more.
    async fn copy(&mut self) -> Outcome<Option<&'static str>> {
        let items = self.known_items();
        let Some(item) = self.pick(&items) else { return Ok(None) };
        self.flush().await?;
        let tag = self.number();
        self.say(format!("insert the tag {tag} from the item {item}"));
        let rows = select_columns(Item::UID + (tag - item)).filter(Item::UID.eq(item));
        if self.session.execute(insert_from(Tag::ID, rows)).await.map_err(text)? != 1 {
            return Err("one row was to be copied".into());
        }
        let found = self.session.get::<Tag>(tag).await.map_err(text)?.ok_or("the tag is not there")?;
        self.objects.tags.known.insert(tag, found);
        self.world.tags.insert(tag);
        self.audit.inserted("Tag", tag);
        self.flushed().await?;
        Ok(Some("insert from"))
    }
}
